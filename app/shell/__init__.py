"""The commands `ask`, `batch`, `plan` and `wait`: clients, files, and terminal output.

Imports everything but `cli`.
"""

"""What the commands do: clients, files, and terminal output.

Imports everything but `cli`.
"""

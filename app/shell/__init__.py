"""What the commands do: ask, batch, plan, wait; what they print and write.

Imports everything but `cli`.
"""

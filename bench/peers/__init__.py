"""Other ways to serve the same models, measured beside this project: `python -m bench.peers`.

Reading order: `subjects` (what is compared), `servers/` (a server for each), `load` (clients, CPU
and memory), `report` (tables and a chart), `__main__` (the rounds).
"""

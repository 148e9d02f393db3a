"""The stages of the graph, one a file: plain classes that know nothing of Ray or HTTP."""

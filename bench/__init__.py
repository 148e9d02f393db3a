"""What is measured, and against what: each module prints a table, and is no test."""

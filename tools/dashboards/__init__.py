"""Grafana's dashboards, as code: `python -m tools.dashboards FOLDER` writes their JSON."""

"""The parts of a dashboard: what is drawn, and how Grafana's library is told."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import ascii_uppercase

from grafana_foundation_sdk.builders import common as options
from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    DataSourceRef,
    LegendDisplayMode,
    LegendPlacement,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, VariableRefresh

RELEASE = 'namespace="$namespace",app_kubernetes_io_instance="$release"'
"""The labels of a release's series, chosen by the variables of the dashboard."""
SERVICE = 'namespace="$namespace",name=~"$release(-.+)?"'
"""Those of its RayService, and of its clusters, in the metrics of KubeRay's operator."""
_METRIC = re.compile(
    r"\b((?:ray|autoscaler|haproxy|kuberay)_\w+|wiki_digest:[\w:]+|ALERTS)(?:{(.*?)})?"
)
_SOURCE = DataSourceRef(type_val="prometheus", uid="$datasource")
_KNOWN_BY = "ray_wiki_digest_build_info"
"""A series that each release has."""
_WIDTH, _HEIGHT = 8, 8
_NUMBER_WIDTH, _NUMBER_HEIGHT = 4, 4


def of_release(expression: str) -> str:
    """An expression on the chosen release only; `[rate]` becomes Grafana's interval."""
    return _METRIC.sub(_selected, expression).replace("[rate]", "[$__rate_interval]")


def _selected(found: re.Match[str]) -> str:
    chosen = SERVICE if found[1].startswith("kuberay_") else RELEASE
    return f"{found[1]}{{{','.join(filter(None, (chosen, found[2])))}}}"


def quantile(share: float, metric: str, by: str = "") -> str:
    """A quantile of a histogram."""
    kept = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({kept}) (rate({metric}_bucket[rate])))"


@dataclass(frozen=True)
class Graph:
    """Lines over time: an expression for each legend."""

    title: str
    help: str
    lines: Mapping[str, str]
    unit: str = "short"
    width: int = _WIDTH
    least: float | None = 0

    def build(self) -> timeseries.Panel:
        """The panel, in Grafana's words."""
        legend = options.VizLegendOptions()
        legend.display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
        legend.show_legend(show_legend=True)
        tooltip = options.VizTooltipOptions().mode(TooltipDisplayMode.MULTI)
        panel = timeseries.Panel().title(self.title).description(self.help).unit(self.unit)
        panel.datasource(_SOURCE).span(self.width).height(_HEIGHT).legend(legend).tooltip(tooltip)
        panel.line_width(1).fill_opacity(10).show_points(VisibilityMode.NEVER)
        if self.least is not None:
            panel.min(self.least)
        for letter, (name, expression) in zip(ascii_uppercase, self.lines.items(), strict=False):
            panel.with_target(_query(letter, expression, name))
        return panel


@dataclass(frozen=True)
class Number:
    """The last value of an expression."""

    title: str
    help: str
    expression: str
    unit: str = "short"
    legend: str = ""
    digits: int | None = None

    def build(self) -> stat.Panel:
        """The panel, in Grafana's words."""
        panel = stat.Panel().title(self.title).description(self.help).unit(self.unit)
        panel.datasource(_SOURCE).span(_NUMBER_WIDTH).height(_NUMBER_HEIGHT)
        panel.graph_mode(BigValueGraphMode.NONE)
        panel.reduce_options(options.ReduceDataOptions().calcs(["lastNotNull"]))
        if self.digits is not None:
            panel.decimals(self.digits)
        return panel.with_target(_query("A", self.expression, self.legend))


Panel = Graph | Number
Rows = Mapping[str, Iterable[Panel]]


def _query(letter: str, expression: str, legend: str) -> prometheus.Dataquery:
    query = prometheus.Dataquery().ref_id(letter).expr(of_release(expression))
    return query.legend_format(legend) if legend else query


def dashboard_json(name: str, rows: Rows) -> str:
    """A dashboard as a file for Grafana."""
    made = dashboard.Dashboard(f"wiki-digest / {name}").uid(f"wiki-digest-{name}")
    made.tags(["wiki-digest"]).readonly().tooltip(DashboardCursorSync.CROSSHAIR)
    made.time("now-3h", "now").refresh("30s").timezone("browser")
    made.with_variable(dashboard.DatasourceVariable("datasource").type("prometheus"))
    made.with_variable(_variable("namespace", f"label_values({_KNOWN_BY}, namespace)"))
    releases = f'label_values({_KNOWN_BY}{{namespace="$namespace"}}, app_kubernetes_io_instance)'
    made.with_variable(_variable("release", releases))
    for title, panels in rows.items():
        made.with_row(dashboard.Row(title))
        for panel in panels:
            made.with_panel(panel.build())
    return JSONEncoder(indent=1, ensure_ascii=False).encode(made.build()) + "\n"


def _variable(name: str, query: str) -> dashboard.QueryVariable:
    variable = dashboard.QueryVariable(name).query(query).datasource(_SOURCE)
    return variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)

"""What it runs on: KubeRay's view, Serve's replicas, Ray's nodes and its autoscaler, HAProxy."""

from tools.dashboards.panels import Graph, Number, Panel, Rows

NAME = "cluster"
_OPERATOR = "Needs the metrics of KubeRay's operator (`metrics.podMonitor.operator`)."
_AUTOSCALER = "From the head's port `as-metrics`, which needs `metrics.podMonitor`."
_HAPROXY = "From the port `haproxy` of all pods, which needs `metrics.podMonitor`."


def _condition(name: str) -> str:
    """1 or 0; nothing without the operator's metrics."""
    metric = f"kuberay_service_condition_{name}"
    return f'max({metric}{{condition="true"}}) or 0 * max({metric})'


_KUBERAY: list[Panel] = [
    Number("Ready", f"1 with a ready worker. {_OPERATOR}", _condition("ready")),
    Number(
        "Upgrading",
        f"1 while a new cluster starts. {_OPERATOR}",
        _condition("upgrade_in_progress"),
    ),
    Number(
        "Clusters",
        f"Two during an upgrade that starts a new one. {_OPERATOR}",
        "count(group by (name) (kuberay_cluster_info))",
    ),
    Number(
        "Start of the cluster",
        f"Until all its pods were ready. {_OPERATOR}",
        "max(kuberay_cluster_provisioned_duration_seconds)",
        "s",
    ),
    Number(
        "Application",
        "Serve's word: 6 runs, 5 deploys, 2 is unhealthy, 1 has failed to deploy.",
        "min(ray_serve_application_status)",
    ),
    Number("Nodes", "Pods of Ray, with the head.", "count(group by (ip) (ray_node_mem_total))"),
]
_REPLICAS: list[Panel] = [
    Graph(
        "Healthy replicas",
        "By Serve's count, and how many it wants.",
        {
            "{{deployment}}": "sum by (deployment) (ray_serve_deployment_replica_healthy)",
            "{{deployment}} wanted": "max by (deployment) (ray_serve_autoscaling_target_replicas)",
        },
    ),
    Graph(
        "Status of deployments",
        "6 healthy, 5 and 4 scaling, 3 updating, 2 unhealthy, 1 failed to deploy.",
        {"{{deployment}}": "min by (deployment) (ray_serve_deployment_status)"},
    ),
    Graph(
        "Replicas replaced",
        "In the last hour, by updates and after failures.",
        {
            "{{deployment}}": "count by (deployment)"
            " (last_over_time(ray_serve_deployment_replica_starts_total[1h]))"
            " - count by (deployment) (ray_serve_deployment_replica_starts_total)"
        },
    ),
    Graph(
        "Requests in replicas",
        "That run, or wait in the replica.",
        {"{{deployment}}": "sum by (deployment) (ray_serve_replica_processing_queries)"},
    ),
    Graph(
        "Requests queued by callers",
        "That no replica has room for.",
        {"{{deployment}}": "sum by (deployment) (ray_serve_deployment_queued_queries)"},
    ),
    Graph(
        "Use of replicas",
        "Time in our code, of the time of all slots.",
        {"{{deployment}}": "avg by (deployment) (ray_serve_replica_utilization_percent)"},
        "percent",
    ),
]
_NODES: list[Panel] = [
    Graph(
        "CPU",
        "Of the CPUs that the pod may use.",
        {"{{RayNodeType}} {{ip}}": "max by (RayNodeType, ip) (ray_node_cpu_utilization)"},
        "percent",
    ),
    Graph(
        "Memory of pods",
        "Of the limit. Ray ends replicas at 95 %.",
        {
            "{{RayNodeType}} {{ip}}": "max by (RayNodeType, ip)"
            " (ray_node_cgroup_mem_used / ray_node_cgroup_mem_total)"
        },
        "percentunit",
    ),
    Graph(
        "Memory by process",
        "The ten largest, without what a process shares with others.",
        {"{{Component}}": "topk(10, sum by (Component) (ray_component_uss_bytes))"},
        "bytes",
    ),
    Graph(
        "CPUs that Ray has given to replicas",
        "By its own count (`num_cpus`).",
        {"{{State}}": 'sum by (State) (ray_resources{Name="CPU"})'},
    ),
    Graph(
        "GPUs",
        "Use of each; empty without GPUs.",
        {"{{ip}} {{GpuIndex}}": "max by (ip, GpuIndex) (ray_node_gpus_utilization)"},
        "percent",
    ),
    Graph(
        "Memory of GPUs",
        "Of each; empty without GPUs.",
        {"{{ip}} {{GpuIndex}}": "max by (ip, GpuIndex) (ray_node_gram_used)"},
        "mbytes",
    ),
]
_SCALING: list[Panel] = [
    Graph(
        "Nodes by group",
        _AUTOSCALER,
        {
            "{{NodeType}}": "sum by (NodeType) (autoscaler_active_nodes)",
            "{{NodeType}} pending": "sum by (NodeType) (autoscaler_pending_nodes)",
        },
    ),
    Graph(
        "CPUs of the cluster",
        _AUTOSCALER,
        {
            "there": 'sum(autoscaler_cluster_resources{resource="CPU"})',
            "pending": 'sum(autoscaler_pending_resources{resource="CPU"})',
        },
    ),
    Graph(
        "Control loops",
        "A turn of Serve's controller, and the lag of Ray's dashboard, which KubeRay asks.",
        {
            "Serve": "max(ray_serve_controller_control_loop_duration_s)",
            "dashboard": "max(ray_dashboard_event_loop_lag_seconds)",
        },
        "s",
    ),
]
_DOOR: list[Panel] = [
    Graph(
        "Connections",
        f"Open ones, and how many a pod may have. {_HAPROXY}",
        {
            "{{pod}}": 'sum by (pod) (haproxy_frontend_current_sessions{proxy="http_frontend"})',
            "limit": 'min(haproxy_frontend_limit_sessions{proxy="http_frontend"})',
        },
    ),
    Graph(
        "Retries",
        f"On another replica. {_HAPROXY}",
        {"{{pod}}": "sum by (pod) (rate(haproxy_backend_retry_warnings_total[rate]))"},
        "cps",
    ),
    Graph(
        "Replicas that it routes to",
        f"Those of `Digest` that answer its checks. {_HAPROXY}",
        {"{{pod}}": 'sum by (pod) (haproxy_backend_active_servers{proxy=~"http-.+"})'},
    ),
]
ROWS: Rows = {
    "KubeRay and Serve": _KUBERAY,
    "Replicas": _REPLICAS,
    "Nodes": _NODES,
    "Scaling": _SCALING,
    "HAProxy": _DOOR,
}

"""RayServices as Kubernetes returns them, in the shape of KubeRay 1.6."""

from typing import Any


def service(
    *, observed: int = 2, ready: str = "True", upgrade: str = "False", **applications: Any
) -> dict[str, Any]:
    """A RayService of generation 2, with these conditions and applications."""
    return {
        "metadata": {"generation": 2},
        "status": {
            "observedGeneration": observed,
            "conditions": [
                {"type": "Ready", "status": ready, "reason": "NonZeroServeEndpoints"},
                {"type": "UpgradeInProgress", "status": upgrade, "reason": "NoPendingCluster"},
            ],
            "activeServiceStatus": {
                "rayClusterName": "r-1",
                "applicationStatuses": applications or {"a": application("RUNNING")},
            },
        },
    }


def application(status: str, message: str = "", **deployments: str) -> dict[str, Any]:
    """An application; a deployment is healthy, or has a message."""
    parts = {
        name: {"status": "HEALTHY" if text == "HEALTHY" else "UNHEALTHY", "message": text}
        for name, text in deployments.items()
    }
    return {"status": status, "message": message, "serveDeploymentStatuses": parts}


def moving(share: int, *, returns: bool = False, **applications: Any) -> dict[str, Any]:
    """A RayService of which a new cluster with these applications has a share of the traffic."""
    made = service(upgrade="True")
    status = made["status"]
    status["activeServiceStatus"] |= {"trafficRoutedPercent": 100 - share, "targetCapacity": 100}
    status["pendingServiceStatus"] = {
        "rayClusterName": "r-2",
        "applicationStatuses": applications or {"a": application("RUNNING")},
        "trafficRoutedPercent": share,
        "targetCapacity": 50,
    }
    if returns:
        status["conditions"].append({"type": "RollbackInProgress", "status": "True"})
    return made

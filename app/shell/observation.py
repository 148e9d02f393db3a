"""The state of a RayService, by the status that KubeRay gives it."""

from typing import Any, NamedTuple

from app.config.placement import INCREMENTAL
from app.core.errors import startup_error_in


class Observation(NamedTuple):
    """The state of a RayService: its progress, or why it failed; both are empty if it is up."""

    progress: str = ""
    fault: str = ""


UP = Observation()
SETTLING = Observation(progress="waiting for the status to settle")
OUTDATED = Observation(progress="KubeRay has not observed the latest change yet")
UNSEEN = Observation(
    progress="KubeRay's operator has not seen it: is it installed, does it watch this namespace?"
)


WITHOUT_TRAFFIC = Observation(
    progress="KubeRay routes no traffic to it: has its operator the feature gate "
    "RayServiceIncrementalUpgrade?"
)


def observe(service: dict[str, Any]) -> Observation:
    """The state of a RayService, by its status.

    Source: rayservice_types.go and rayservice_controller.go of KubeRay 1.6. `Ready` alone stays
    true during upgrades, and does not depend on the applications.
    """
    status = service.get("status", {})
    conditions = _conditions(service)
    ready, upgrade = conditions.get("Ready", {}), conditions.get("UpgradeInProgress", {})
    back = returns(service)
    if ready.get("reason") in {"ValidationFailed", "InitializingTimeout"}:
        return Observation(fault=f"KubeRay gives up, {ready['reason']}: {ready.get('message', '')}")
    if status.get("observedGeneration") != service["metadata"]["generation"]:
        return OUTDATED if status else UNSEEN
    applications = _applications(parts(status)[: 1 if back else None])
    if faults := [_failure(name, found) for name, found in applications if _failed(found)]:
        return Observation(fault="\n".join(faults))
    upgrades = upgrade.get("status") == "True"
    if upgrades or not applications or any(a["status"] != "RUNNING" for _, a in applications):
        phase = _upgrade(status, back=back) if upgrades else "starting"
        return Observation(progress=phase + _unhealthy(applications))
    if ready.get("status") != "True":
        return Observation(progress="no pod is ready for requests yet")
    return UP if is_routed(service) else WITHOUT_TRAFFIC


def returns(service: dict[str, Any]) -> bool:
    """Whether traffic moves back to the active cluster."""
    return _conditions(service).get("RollbackInProgress", {}).get("status") == "True"


def _conditions(service: dict[str, Any]) -> dict[str, dict[str, str]]:
    found = service.get("status", {}).get("conditions", [])
    return {condition["type"]: condition for condition in found}


def active(service: dict[str, Any]) -> str:
    """The name of its active Ray cluster; empty if there is none."""
    return str(service.get("status", {}).get("activeServiceStatus", {}).get("rayClusterName", ""))


def clusters(service: dict[str, Any]) -> list[str]:
    """The names of its Ray clusters, active and pending."""
    return [part["rayClusterName"] for part in parts(service.get("status", {}))]


def untold(service: dict[str, Any]) -> set[str]:
    """The names of its Ray clusters of whose applications KubeRay has no status."""
    told = parts(service.get("status", {}))
    return {part["rayClusterName"] for part in told if not part.get("applicationStatuses")}


def parts(status: dict[str, Any]) -> list[dict[str, Any]]:
    """The status of the active cluster and of the pending one, as far as there are any."""
    both = (status.get(f"{which}ServiceStatus", {}) for which in ("active", "pending"))
    return [part for part in both if part.get("rayClusterName")]


def is_incremental(service: dict[str, Any]) -> bool:
    """Whether traffic is to move to a new cluster in steps."""
    strategy = service.get("spec", {}).get("upgradeStrategy", {})
    return bool(strategy.get("type") == INCREMENTAL)


def is_routed(service: dict[str, Any]) -> bool:
    """Whether KubeRay routes traffic as the spec says.

    Without its feature gate it takes `INCREMENTAL` for the type `None`, without a word.
    """
    active = service.get("status", {}).get("activeServiceStatus", {})
    return not is_incremental(service) or "trafficRoutedPercent" in active


def _upgrade(status: dict[str, Any], *, back: bool) -> str:
    """What an upgrade does; with the shares of both clusters if traffic moves in steps."""
    old, new = (status.get(f"{which}ServiceStatus", {}) for which in ("active", "pending"))
    if "trafficRoutedPercent" not in new:
        return "starting a new cluster beside the active one"
    aim = "returning traffic to the old cluster" if back else "moving traffic to the new cluster"
    return f"{aim}: the old one has {_shares(old)}, the new one {_shares(new)}"


def share(part: dict[str, Any]) -> int:
    """The part of the traffic that a cluster gets, in percent, by its status."""
    return int(part.get("trafficRoutedPercent", 0))


def _shares(part: dict[str, Any]) -> str:
    replicas = part.get("targetCapacity", 0)
    return f"{share(part)} % of the traffic and {replicas} % of its replicas"


def _applications(found: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [pair for part in found for pair in part.get("applicationStatuses", {}).items()]


def _failed(application: dict[str, Any]) -> bool:
    return bool(application["status"] == "DEPLOY_FAILED")


def _failure(name: str, application: dict[str, Any]) -> str:
    """The app's own error in the messages of the replicas, or all messages."""
    deployments = application.get("serveDeploymentStatuses", {}).values()
    messages = "\n".join(part.get("message", "") for part in (application, *deployments))
    return f"{name} cannot be deployed: {startup_error_in(messages)}"


def _unhealthy(applications: list[tuple[str, dict[str, Any]]]) -> str:
    """The deployments that are not healthy yet, with their status."""
    unhealthy = {
        f"{name} {found['status']}"
        for _, application in applications
        for name, found in application.get("serveDeploymentStatuses", {}).items()
        if found["status"] != "HEALTHY"
    }
    return ": " + ", ".join(sorted(unhealthy)) if unhealthy else ""

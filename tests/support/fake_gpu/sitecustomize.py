"""One GPU for Ray on a machine without any; only the library of NVIDIA's driver is faked.

Python imports this module when it starts, if its folder is in `PYTHONPATH`.
"""

import sys
from types import ModuleType, SimpleNamespace

GIB = 2**30
NAME = "ray._private.thirdparty.pynvml"
RESULTS: dict[str, object] = {
    "nvmlInit": None,
    "nvmlShutdown": None,
    "nvmlDeviceGetCount": 1,
    "nvmlDeviceGetHandleByIndex": 0,
    "nvmlDeviceGetName": "NVIDIA H200",
    "nvmlDeviceGetUUID": "GPU-0",
    "nvmlDeviceGetMemoryInfo": SimpleNamespace(used=30 * GIB, total=140 * GIB),
    "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=40),
    "nvmlDeviceGetComputeRunningProcesses": [],
    "nvmlDeviceGetGraphicsRunningProcesses": [],
    "nvmlDeviceGetProcessesUtilizationInfo": [],
}
"""Of the functions that Ray 2.60 calls to count and to measure GPUs."""

driver = ModuleType(NAME)
driver.NVMLError = RuntimeError  # type: ignore[attr-defined]
for name, result in RESULTS.items():
    setattr(driver, name, lambda *_, result=result: result)
sys.modules[NAME] = driver

"""A clock for code that takes its clock and its sleep as arguments."""


class FakeClock:
    """Moves by what is slept, and by `step_s` at each reading; `slept` has the seconds."""

    def __init__(self, step_s: float = 0) -> None:
        self.now = 1_000.0
        self.step_s = step_s
        self.slept: list[float] = []

    def monotonic(self) -> float:
        self.now += self.step_s
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

import signal

import pytest

from app.serving.signals import signals


def test_two_signals_are_received_and_the_third_has_its_usual_effect() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with signals() as received:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        assert received == [signal.SIGINT, signal.SIGTERM]
        assert signal.getsignal(signal.SIGTERM) is before
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

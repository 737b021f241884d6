"""What holds for all tests: `--hypothesis-profile=deep` looks longer, and elsewhere each time."""

import signal

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("stairlift", deadline=None, max_examples=60, suppress_health_check=_SLOW, derandomize=True)
settings.register_profile("deep", deadline=None, max_examples=500, suppress_health_check=_SLOW)
settings.load_profile("stairlift")

# Under nohup, or in a shell's background, these are ignored, and everything that the tests start would inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

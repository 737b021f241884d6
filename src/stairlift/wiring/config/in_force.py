"""The settings by which a server goes, of which some may change while it serves."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from stairlift.wiring.config.serve import ServeSettings
from stairlift.wiring.config.settings import Settings


@dataclass(slots=True)
class InForce:
    """Those that hold at this moment; `again` reads the files once more.

    Where the state and the journal are, and where it listens, stays as it was when the server began.
    """

    settings: Settings
    again: Callable[[], Settings] | None = None

    def fresh(self) -> Settings:
        """As they are in the files at this moment; `[serve]` as it was last taken over.

        Raises UsageError (config.*) where somebody is just writing them, or has made a mistake.
        """
        return self._read(self.settings.serve)

    def take_over(self) -> Settings:
        """From here on go by what the files say. Raises as `fresh` does, and then all stays as it was."""
        self.settings = self._read(None)
        return self.settings

    def _read(self, serve: ServeSettings | None) -> Settings:
        kept = self.settings
        if self.again is None:
            return kept
        found = self.again()
        serve = serve or _moved(found.serve, kept.serve)
        return replace(found, state_dir=kept.state_dir, database_url=kept.database_url, serve=serve)


def _moved(found: ServeSettings, kept: ServeSettings) -> ServeSettings:
    """What the file says, at the place where the server listens already."""
    return replace(
        found,
        host=kept.host,
        port=kept.port,
        tls_cert=kept.tls_cert,
        tls_key=kept.tls_key,
        trusted_proxies=kept.trusted_proxies,
    )

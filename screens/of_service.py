"""A screen of one service: which one, its newest picture, and where the header says that one is."""

from console.domain.address import Address
from console.domain.fleet import ServicePicture
from screens.base import ConsoleScreen
from screens.overview import ALL


class OfService(ConsoleScreen):
    """Its service is read more often while the screen is visible."""

    address: Address

    @property
    def watched(self) -> Address | None:
        return self.address

    @property
    def place(self) -> str:
        picture = self.picture
        return picture.environment.tier.value if picture else ALL

    @property
    def picture(self) -> ServicePicture | None:
        """The newest picture of the service."""
        return self.snapshot.find(self.address)

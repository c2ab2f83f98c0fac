"""The code of an MFA device: asked on a thread, answered in a dialog, shown and kept nowhere."""

from threading import Thread

import pytest

from console.errors import CredentialsError
from screens.mfa import CodeAsked, CodeQuestion, CodeScreen
from tests.pilot.desk import Desk
from tests.pilot.stage import text_of, until

SERIAL = "arn:aws:iam::482319607715:mfa/sam"


class Asker:
    """A feed's thread that needs a code."""

    def __init__(self, desk: Desk) -> None:
        self.answers: list[object] = []
        question = desk.app.runtime.mfa
        assert question is not None

        def ask() -> None:
            try:
                self.answers.append(question(SERIAL))
            except CredentialsError as error:
                self.answers.append(error)

        Thread(target=ask, daemon=True).start()


async def test_the_code_is_typed_into_a_dialog_and_goes_to_the_thread_that_waits() -> None:
    """Digits only, six of them, never drawn."""
    desk = Desk()
    async with desk.app.run_test(size=(100, 30)) as pilot:
        desk.publish()
        asker = Asker(desk)
        await until(pilot, lambda: isinstance(desk.app.screen, CodeScreen))
        await pilot.pause()
        await pilot.press("1", "2", "x", "3", "4", "5")
        await pilot.press("enter")
        assert isinstance(desk.app.screen, CodeScreen), "five digits are no code"
        assert SERIAL in text_of(desk.app.screen)
        assert "12345" not in text_of(desk.app.screen)
        assert "•••••" in text_of(desk.app.screen)
        await pilot.press("6", "7", "enter")
        await until(pilot, lambda: bool(asker.answers))
    assert asker.answers == ["123456"]


async def test_without_a_code_the_role_is_missing_and_the_remedy_is_said() -> None:
    """``esc`` goes on with everything else."""
    desk = Desk()
    async with desk.app.run_test(size=(80, 24)) as pilot:
        desk.publish()
        asker = Asker(desk)
        await until(pilot, lambda: isinstance(desk.app.screen, CodeScreen))
        await pilot.press("escape")
        await until(pilot, lambda: bool(asker.answers))
        assert not isinstance(desk.app.screen, CodeScreen)
    (error,) = asker.answers
    assert isinstance(error, CredentialsError)
    assert "ctrl+r" in error.remedy


def test_nobody_answers() -> None:
    """The thread does not wait for ever; the serial number is text."""
    asked: list[object] = []
    with pytest.raises(CredentialsError):
        CodeQuestion(asked.append, within_s=0.0)("arn\x1b[31m")
    (message,) = asked
    assert isinstance(message, CodeAsked)
    assert "\x1b" not in message.serial

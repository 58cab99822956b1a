"""What comes from Debian's packages: servers, and programs that tests run."""

from typing import ClassVar

from tests.services.installation import find, install


class Program:
    """Something that is installed by its name, by `bin/services install`."""

    name: ClassVar[str]
    # Program -> the Debian package that has it.
    programs: ClassVar[dict[str, str]] = {}

    @classmethod
    def install(cls) -> None:
        """Get what is missing. Raises NotInstalled, which says what to do."""
        missing = [package for program, package in cls.programs.items() if find(program) is None]
        if missing:
            install(list(dict.fromkeys(missing)))

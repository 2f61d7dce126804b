"""Writes the generated parts of the clients from the OpenAPI document: `python -m clients.generate` (`make
clients`).

The types come from maintained generators (datamodel-code-generator, openapi-typescript); the methods, which
those leave out, from here: one for each operation that a program calls, with the names of the document.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from clients.writing_python import python_operations, python_problems, python_types
from clients.writing_typescript import typescript_operations, typescript_types
from service.api.app import bare_app
from service.api.contract import document

HERE = Path(__file__).parent
PYTHON, TYPESCRIPT = HERE / "python" / "forbear_client", HERE / "typescript" / "src"


def main() -> None:
    """Write everything; the TypeScript types where npm is there."""
    found = document(bare_app())
    (PYTHON / "operations.py").write_text(python_operations(found))
    (PYTHON / "problems.py").write_text(python_problems())
    python_types(found, PYTHON / "types.py")
    (TYPESCRIPT / "operations.ts").write_text(typescript_operations(found))
    if shutil.which("npm") is None:
        print("npm is not here: clients/typescript/src/schema.ts stays as it is")
        return
    typescript_types(found, TYPESCRIPT / "schema.ts", Path("var/npm/types"))


if __name__ == "__main__":
    main()

"""Imports: which files they lead to, and how a file is read.

Only files that an import names are opened: beside the source, in the folders of its own package, and
in the import root. Statements at the top of a file that fail leave the names they would have bound
unknown, so that a script's data and training don't stand in the way of its model.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ShapecalcError, SpecError
from .failures import Raised
from .limits import MAX_FILE_BYTES, MAX_FILES, MAX_STATEMENT_STEPS, MAX_STEPS, LimitError
from .parsing import parse_source
from .scopes import names_bound
from .standins import STANDINS
from .values import MISSING, Frame, Library, Opaque, SourceModule, Value

if TYPE_CHECKING:
    from .machine import Machine

# What lies at the top of a project.
_PROJECT = (".git", "LICENSE", "README.md", "setup.py", "pyproject.toml")
MAX_UP = 4  # folders above the source in which its package may begin


class Loader:
    """Finds and reads files for imports."""

    machine: Machine

    def __init__(self, file: str, import_root: str | None) -> None:
        self.file = file
        self.roots = _roots(file, import_root)
        self.modules: dict[str, SourceModule] = {}
        self.opened = 0

    # ------------------------------------------------------------------------------------- reading

    def read_main(self, text: str) -> SourceModule:
        """Read the source that the question is about."""
        path = Path(self.file)
        package = str(path.parent) if path.suffix == ".py" else ""
        module = SourceModule(path.stem or "source", self.file, text, package)
        if path.suffix == ".py":
            self.modules[str(path.absolute())] = module
        self._run(module, parse_source(text, self.file))
        return module

    def _run(self, module: SourceModule, tree: ast.Module) -> None:
        """Run a file's statements up to its last definition; the rest waits until it is asked for."""
        module.names.setdefault("__name__", module.name)
        module.names.setdefault("__file__", Opaque("the path of this file"))
        last = max(
            (place for place, node in enumerate(tree.body) if _defines(node)),
            default=len(tree.body) - 1,
        )
        if last == len(tree.body) - 1 and Path(module.file).name == "__init__.py":
            # A package that only gathers names is read as far as they are asked for.
            last = -1 if not any(map(_defines, tree.body)) else last
        module.pending = tree.body[last + 1 :]
        frame = Frame(module.names, module)
        for node in tree.body[: last + 1]:
            self._statement(module, node, frame)

    def _statement(self, module: SourceModule, node: ast.stmt, frame: Frame) -> None:
        """Run one statement at the top of a file; what it would bind is unknown if it fails."""
        budget = self.machine.budget
        before = budget.limit
        budget.limit = min(MAX_STEPS, budget.steps + MAX_STATEMENT_STEPS)
        try:
            self.machine.execute([node], frame)
        except (Raised, ShapecalcError) as error:
            if isinstance(error, LimitError) and budget.steps > before:
                raise
            place = error.location or self.machine.place(module, node)
            reason = f"this statement fails: {error.message}"
            for name in names_bound([node]):
                module.names[name] = Opaque(reason, place, foreign=True)
        finally:
            budget.limit = before

    def run_pending(self, module: SourceModule, name: str | None) -> bool:
        """Run waiting statements up to the last that binds a name; say whether it is bound now.

        Without a name, run them all.
        """
        nodes = module.pending
        last = max(
            (place for place, node in enumerate(nodes) if name in names_bound([node])),
            default=-1,
        )
        if name is None:
            last = len(nodes) - 1
        if last >= 0:
            module.pending = nodes[last + 1 :]
            frame = Frame(module.names, module)
            for node in nodes[: last + 1]:
                self._statement(module, node, frame)
        return name in module.names

    # ------------------------------------------------------------------------------------- imports

    def import_name(self, importer: SourceModule, name: str, *, whole: bool) -> Value:
        """Do `import a.b.c`: give `a`, or `a.b.c` itself where it is named by `as`."""
        found = self._find(importer, name, 0)
        if not whole and "." in name:
            top = self._find(importer, name.partition(".")[0], 0)
            if isinstance(top, SourceModule) and isinstance(found, SourceModule):
                self._attach(top, name.split(".")[1:], importer)
            return top
        return found

    def _attach(self, top: SourceModule, parts: list[str], importer: SourceModule) -> None:
        holder = top
        for place, part in enumerate(parts):
            inner = self._find(importer, ".".join([top.name, *parts[: place + 1]]), 0)
            if not isinstance(inner, SourceModule):
                return
            holder.names.setdefault(part, inner)
            holder = inner

    def import_from(
        self, importer: SourceModule, name: str, level: int, names: list[tuple[str, str]]
    ) -> dict[str, Value]:
        """Do `from a.b import c as d`."""
        found = self._find(importer, name, level)
        bound: dict[str, Value] = {}
        for wanted, target in names:
            if wanted == "*":
                bound.update(self._everything(found))
                continue
            if isinstance(found, SourceModule):
                bound[target] = self._from_module(importer, found, name, level, wanted)
            else:
                bound[target] = self.machine.get(found, wanted)
        return bound

    def _from_module(
        self, importer: SourceModule, found: SourceModule, name: str, level: int, wanted: str
    ) -> Value:
        value = self.member(found, wanted)
        if value is not MISSING:
            return value
        inner = f"{name}.{wanted}" if name else wanted
        path = self._path(importer, inner, level)
        if path is not None:
            return self._load(path, inner)
        if found.name in STANDINS:
            reason = f"{found.name}.{wanted}, which isn't beside this file"
            return Opaque(reason, self.machine.here_or(importer), foreign=True)
        raise self.machine.fail("ImportError", f"cannot import name '{wanted}' from '{found.name}'")

    def _everything(self, found: Value) -> dict[str, Value]:
        if isinstance(found, SourceModule):
            self.run_pending(found, None)
            listed = found.names.get("__all__")
            if isinstance(listed, list):
                return {key: found.names[key] for key in listed if key in found.names}
            return {key: item for key, item in found.names.items() if not key.startswith("_")}
        if isinstance(found, Library):
            return self.machine.libraries.everything(self.machine, found)
        raise SpecError("`from ... import *` of a package that isn't beside this file")

    def member(self, module: SourceModule, name: str) -> Value:
        """Give a name of a file that was imported."""
        if name not in module.names and module.pending:
            self.run_pending(module, name)
        if name == "__dict__":
            self.run_pending(module, None)
            return module.names
        return module.names.get(name, MISSING)

    def _find(self, importer: SourceModule, name: str, level: int) -> Value:
        libraries = self.machine.libraries
        if level == 0 and libraries.is_known(name) and name not in STANDINS:
            top = name.partition(".")[0]
            if top not in ("torchvision", "einops") or self._path(importer, top, 0) is None:
                return Library(name)
        path = self._path(importer, name, level)
        if path is not None:
            return self._load(path, name)
        if level == 0 and name in STANDINS:
            return self.stand_in(name)
        shown = "." * level + name
        if level == 0 and libraries.is_known(name):
            return Library(name)
        if self.machine.catches("ImportError", "ModuleNotFoundError"):
            raise self.machine.fail("ModuleNotFoundError", f"No module named '{shown}'")
        reason = f"{shown} isn't beside this file"
        return Opaque(reason, self.machine.here_or(importer), foreign=True)

    # --------------------------------------------------------------------------------------- files

    def _path(self, importer: SourceModule, name: str, level: int) -> Path | None:
        """Find the file that a dotted name stands for; None if there is none."""
        if level:
            if not importer.package:
                return None
            folder = Path(importer.package)
            for _ in range(level - 1):
                folder = folder.parent
            return _file_in(folder, name)
        found = None
        if importer.package:
            found = _file_in(Path(importer.package), name)
        for root in self.roots if found is None else ():
            found = _file_in(root, name)
            if found is not None:
                break
        if found is None and importer.package:
            # Inside a package: `from models.blocks import x` in models/net.py starts above `models`.
            first = name.partition(".")[0]
            for folder in [*Path(importer.package).absolute().parents][: MAX_UP + 1]:
                inside = Path(importer.package).absolute().relative_to(folder).parts
                if inside and inside[0] == first:
                    found = _file_in(folder, name)
                    break
        return found

    def _load(self, path: Path, name: str) -> SourceModule:
        key = str(path.absolute())
        known = self.modules.get(key)
        if known is not None:
            return known
        self.opened += 1
        if self.opened > MAX_FILES:
            raise LimitError(f"imports lead to more than {MAX_FILES} files")
        text = _read(path)
        module = SourceModule(name, str(path), text, str(path.parent))
        self.modules[key] = module
        caller, site = self.machine.caller, self.machine.site
        self._run(module, parse_source(text, str(path)))
        self.machine.caller, self.machine.site = caller, site
        return module

    def by_name(self) -> dict[str, Value]:
        """Give what `sys.modules` holds: the files that are read, where only one has a name."""
        found: dict[str, Value] = {}
        for module in self.modules.values():
            known = found.setdefault(module.name, module)
            if known is not module:
                found[module.name] = Opaque(f"which of two files is meant by {module.name}")
        return found

    def stand_in(self, name: str) -> SourceModule:
        """Give the source that stands for a part of a package."""
        if name not in self.modules:
            text = STANDINS[name]
            module = SourceModule(name, f"<{name}>", text, "")
            self.modules[name] = module
            self._run(module, parse_source(text, module.file))
        return self.modules[name]


def _defines(node: ast.stmt) -> bool:
    return isinstance(node, (ast.ClassDef, ast.FunctionDef))


def _roots(file: str, import_root: str | None) -> list[Path]:
    """List the folders in which absolute imports are looked for, nearest first."""
    found: list[Path] = []
    path = Path(file)
    if path.suffix == ".py":
        folder = path.parent.absolute()
        found.append(folder)
        # The folder above the source's outermost package.
        while (folder / "__init__.py").is_file() and len(found) < MAX_UP:
            folder = folder.parent
            # Beside an installed package lies much that the model has nothing to do with.
            if folder.name not in ("site-packages", "dist-packages"):
                found.append(folder)
        found += _project_folders(path.parent.absolute())
    if import_root is not None:
        found.append(Path(import_root).absolute())
    return list(dict.fromkeys(found))


def _project_folders(folder: Path) -> list[Path]:
    """List the folders above a source up to the top of its project, or to the working folder."""
    here = Path.cwd()
    above = [folder, *folder.parents][: MAX_UP + 1]
    for count, place in enumerate(above):
        if place == here or any((place / name).exists() for name in _PROJECT):
            return above[: count + 1]
    return []


def _file_in(folder: Path, name: str) -> Path | None:
    """Find a module or a package below a folder."""
    target = folder
    for part in name.split(".") if name else []:
        if not part.isidentifier():
            return None
        target = target / part
    if name and target.with_name(target.name + ".py").is_file():
        return target.with_name(target.name + ".py")
    if (target / "__init__.py").is_file():
        return target / "__init__.py"
    return None


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SpecError(f"{path} is larger than {MAX_FILE_BYTES:,} bytes")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path} can't be read: {error}") from None

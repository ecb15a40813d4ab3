"""A .jsonl from its first line to its last: one process, or several for a large file.

Owns which of the two it is, and that both give the same rows, problems and errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .crew import RANGE, Crew, can_help
from .json_lines import JsonLines, Lines, count_lines, whole_lines
from .parts import CrewFailedError, Part
from .shapes import Fields
from .source import BLOCK, MeteredFile, Source
from .surveying import Survey, Taken


def json_blocks(
    part: Part, source: Source, fields: Fields, survey: Survey, processes: int
) -> Iterator[Taken]:
    """The rows of a part in UTF-8, screened and counted in `survey`, about a megabyte at once.

    Raises:
        DatasetProblem: as `JsonLines.block` and `whole_lines`.
        OtherEncodingError: as `JsonLines.block`.
        CrewFailedError: it has to be read again, by one process.

    """
    reader = JsonLines(source, fields)

    def read(blocks: Iterable[bytes], line: int = 1, offset: int = 0) -> Iterator[Lines]:
        return whole_lines(blocks, source.name, source.max_line_bytes, line=line, offset=offset)

    def taken(lines: Iterable[Lines]) -> Iterator[Taken]:
        for some in lines:
            yield survey.take(reader.block(some))

    begun = read(source.raw_blocks())
    file = part.whole
    helpers = can_help(file.size - len(source.head), processes) if file is not None else 0
    if file is None or not helpers or b"\r" in source.head.replace(b"\r\n", b""):
        yield from taken(begun)
        return
    first = next(begun)
    yield from taken([first])
    line, place = first.line + count_lines(first.data), first.end
    with Crew(source, fields, file.fileno(), place, file.size, helpers) as crew:
        for done in crew.results(survey):
            if done is None:
                break
            survey.note(done.found)
            file.reached(done.end or place)
            yield Taken(
                lines=done.lines,
                lengths=done.lengths,
                flags=done.found.flags,
                problems=[one.within(source.file, line - 1) for one in done.problems],
            )
            line += done.count
            place = done.end or place
        else:
            return
    file.seek(place)
    for some in read(_rest(file), line, place):
        reader.block(some)
        if some.end > place + 2 * RANGE:
            break
    raise CrewFailedError


def _rest(file: MeteredFile) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block

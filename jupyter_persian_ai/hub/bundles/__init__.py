"""Bundles: a model or a dataset as files that can be carried, cut and read anywhere.

A bundle is one POSIX tar stream, not compressed (weights do not shrink), with this order:

1. `NAME/persian-ai-bundle.json`, the manifest (`manifest.Manifest`): what it is, its licence, the
   size and sha256 of each file, and of each part when it was cut;
2. `NAME/SHA256SUMS`, the same hashes as `sha256sum` writes them;
3. the files, one after another; then two empty blocks.

In one piece it is `NAME.tar`. Cut, `NAME.tar.000` holds 1 and 2, and what follows is cut at the
chosen size into `NAME.tar.001`, `NAME.tar.002`, ... So `cat NAME.tar.* | tar xf -` unpacks it
where this software is not, `sha256sum -c SHA256SUMS` checks the files, and the parts joined again
are a bundle too. Names of parts are ASCII, and fit FAT32 when they are smaller than 4 GiB.

The bytes of the stream follow from the manifest and the files alone: who reads it compares every
byte with what must be there, and needs no parser of archives. Owns the format, packing and
unpacking; knows nothing of jobs, users or where things are kept.
"""

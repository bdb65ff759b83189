"""Folders of results: one writer, one reader, and a manifest that says which files belong together.

The manifest is the commit point. A reader sees the old files, the new ones, or a refusal, never a mixture; what an
interrupted writer left is mended by the next. Nothing here knows what is in the files: of a face, only its name.
"""

from simfunnel.bundle.expected import expect_folder
from simfunnel.bundle.manifest import MANIFEST, Manifest, StoredFile
from simfunnel.bundle.reader import read
from simfunnel.bundle.writer import Writing, completed, writing

__all__ = ["MANIFEST", "Manifest", "StoredFile", "Writing", "completed", "expect_folder", "read", "writing"]

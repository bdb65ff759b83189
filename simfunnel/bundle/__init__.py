"""Folders of files that one command wrote."""

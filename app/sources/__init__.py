"""Sources of articles: a folder of text files, or a MediaWiki.

Imports `core` and `config`.
"""

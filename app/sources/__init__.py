"""Where articles come from: the corpus that comes along, or a MediaWiki."""

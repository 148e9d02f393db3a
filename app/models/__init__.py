"""Loading models, and the small ones that come along."""

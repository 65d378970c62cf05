"""The companion simulator: invents what surrounds real purchases, so that a purchase log tells a whole story.

Everything it makes is fictitious and says so by its names; it is a function of the seed and the purchases, so the same
seed gives the same ids and the same bytes. It is for demonstrations and tests, never a source of conclusions.
"""

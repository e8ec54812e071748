"""The agent's tools, a few lines over a studio call each. A module per thing of the trade.

Docstrings are written for a model: they are what it knows of a tool. What spends, destroys or writes asks
`Bench.need` for the producer's yes inside the tool itself.
"""

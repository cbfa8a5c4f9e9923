"""The words of the interface, a table per tab."""

"""The networks, their loss terms and their passes."""

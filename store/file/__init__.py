"""How a store lies in its HDF5 file."""

"""The contract between the jobs that compute and the dashboard that shows: HDF5 stores."""

"""Charts and pictures: records and arrays in, a figure out. Nothing here knows Streamlit."""

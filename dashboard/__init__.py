"""The dashboard: reads stores and draws them. No statistics, no model library."""

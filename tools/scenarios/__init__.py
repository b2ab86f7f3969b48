"""Scenarios as files: listed, shown, made, promoted, retired, and taken from and to spreadsheets."""

"""Workbooks as Excel wrote them until 2003 (``.xls``), whatever their name says."""

"""Figures from everywhere, judged: is the new version worse, and is it the deploy at all?"""

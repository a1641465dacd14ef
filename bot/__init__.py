"""Handbill: a library of sample posts, said by an organization's accounts or shared by its supporters."""

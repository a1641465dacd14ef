"""Set Handbill up, rehearse a week of the sample campaign into a folder, and show what it said."""

from pathlib import Path

from setup import BIN, ready, run, say

ready("[all]")
say("\nA week of the sample campaign, said by one account that posts into a folder:\n")
run("handbill", "rehearse", "--days", "7", "--out", "rehearsal")
handbill = Path(BIN / "handbill").relative_to(BIN.parent.parent)
say(f"""
Nothing left this machine. Type next:
  {handbill} plan                        the coming week, word for word
  {handbill} share --network whatsapp    links that supporters open with the words in them
  {handbill} up                          the same in your browser: the week, the library, the accounts
  {handbill} init my-campaign            a folder of your own to write in
  {handbill} -h                          everything else""")

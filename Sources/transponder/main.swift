print("transponder")

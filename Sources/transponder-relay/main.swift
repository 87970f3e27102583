print("transponder-relay")

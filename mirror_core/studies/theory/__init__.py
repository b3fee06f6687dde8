"""What a linear network of one step predicts in closed form, and whether trained ones agree."""

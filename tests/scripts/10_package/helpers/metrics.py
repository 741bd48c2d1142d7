class Running:
    def __init__(self):
        self.reset()

    def reset(self):
        self.values = []

    def add(self, v):
        self.values.append(v)

    def mean(self):
        return float(sum(self.values) / len(self.values))

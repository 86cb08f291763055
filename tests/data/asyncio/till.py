def till():
    total = 0
    while (price := (yield)) is not None:
        total += price
    return total


def check_out():
    prices = till()
    next(prices)
    try:
        for price in 3, 4, 5, None:
            prices.send(price)
    except StopIteration as end:
        print(f"{end.value} together")


check_out()

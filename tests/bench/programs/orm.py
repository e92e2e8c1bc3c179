"""A small shop in SQLAlchemy's object relational mapper, in memory."""

import sqlalchemy as sa
from sqlalchemy import orm


class Base(orm.DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]
    orders: orm.Mapped[list["Order"]] = orm.relationship(back_populates="customer")


class Order(Base):
    __tablename__ = "order"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    amount: orm.Mapped[int]
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("customer.id"))
    customer: orm.Mapped[Customer] = orm.relationship(back_populates="orders")


def fill(session):
    for i in range(20):
        customer = Customer(name=f"customer {i}")
        for amount in range(i % 4):
            customer.orders.append(Order(amount=amount * 10))
        session.add(customer)
    session.commit()


def report(session):
    total = sa.func.sum(Order.amount)
    query = sa.select(Customer.name, total).join(Order).group_by(Customer.id).having(total > 0).order_by(total.desc())
    rows = session.execute(query).all()
    lazy = sum(order.amount for customer in session.scalars(sa.select(Customer)) for order in customer.orders)
    return len(rows), lazy


def main():
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        fill(session)
        print(report(session))
        first = session.get(Customer, 1)
        first.name = "renamed"
        session.delete(session.get(Customer, 5))
        session.commit()


main()

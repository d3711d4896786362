from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Item, get_db
from app.limits import limit
from app.sessions import current_user
from app.settings import settings

LISTED = 100

router = APIRouter(prefix="/items", tags=["items"])


class NewItem(BaseModel):
    title: str = Field(min_length=1, max_length=200)


class ListedItem(BaseModel):
    id: int
    title: str
    created_at: datetime

    class Config:
        orm_mode = True


@router.get("", response_model=list[ListedItem])
async def list_items(
    user: Any = Depends(current_user), db: AsyncSession = Depends(get_db)
) -> list[Any]:
    newest = select(Item).where(Item.user_id == user.id).order_by(Item.id.desc()).limit(LISTED)
    return list((await db.execute(newest)).scalars())


@router.post(
    "",
    status_code=201,
    response_model=ListedItem,
    dependencies=[Depends(limit("write", settings.WRITES_PER_MINUTE))],
)
async def add_item(
    new: NewItem, user: Any = Depends(current_user), db: AsyncSession = Depends(get_db)
) -> Any:
    item = Item(user_id=user.id, title=new.title)
    db.add(item)
    await db.commit()
    await db.refresh(item)
    return item

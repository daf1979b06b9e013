"""The application of the course's article: a shop whose product catalogue is in SQL, with Redis in front of it.

shop.py          the pattern: look into the cache, else ask the database and fill the cache
product_cache.py the catalogue's keys in Redis: expiry, invalidation, and the lease that lets one reader fill
catalogue.py     the database, with what makes its load real: a query takes time, connections are few
"""

from stage1_single_node.cache_aside.catalogue import Catalogue, DatabaseBusy, Product
from stage1_single_node.cache_aside.product_cache import ProductCache
from stage1_single_node.cache_aside.shop import Found, Shop

__all__ = ["Catalogue", "DatabaseBusy", "Found", "Product", "ProductCache", "Shop"]

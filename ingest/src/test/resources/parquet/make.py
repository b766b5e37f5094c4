# Tables as no writer in Java makes them: row groups without rows, lists of structs, codecs. Needs pyarrow.
import struct, zlib
import pyarrow as pa, pyarrow.parquet as pq

def png(value):  # 1 x 1 pixel, grey
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    header = chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0))
    return b'\x89PNG\r\n\x1a\n' + header + chunk(b'IDAT', zlib.compress(bytes([0, value]))) + chunk(b'IEND', b'')

image = pa.struct([('bytes', pa.binary()), ('path', pa.string())])
def images(numbers): return pa.array([{'bytes': png(n), 'path': f'{n}.png'} for n in numbers], image)
def groups(name, *sizes):
    schema = pa.schema([('image', image)])
    with pq.ParquetWriter(name, schema) as writer:
        first = 0
        for size in sizes:
            writer.write_table(pa.table({'image': images(range(first, first + size))}, schema)); first += size

groups('empty-first.parquet', 0, 3, 3)
groups('empty-middle.parquet', 3, 0, 3, 0, 0, 3)
groups('empty-only.parquet', 0, 0)
pq.write_table(pa.table({'images': pa.array([images([0, 1]).to_pylist(), [], None, images([2]).to_pylist()], pa.list_(image))}), 'list.parquet')
pq.write_table(pa.table({'left': images([0, 1]), 'right': images([2, 3])}), 'two.parquet')
for codec in ['gzip', 'lz4', 'brotli']:
    pq.write_table(pa.table({'image': images(range(5))}), codec + '.parquet', compression=codec)
for version in ['1.0', '2.0']:
    pq.write_table(pa.table({'image': images(list(range(40)) * 5)}), f'pages-{version}.parquet', data_page_version=version, data_page_size=500, write_batch_size=7, compression='snappy')
    # Some of these pages hold no value.
    lists = pa.array([images(range(5 * i, 5 * i + 5)).to_pylist() for i in range(10)], pa.list_(image))
    pq.write_table(pa.table({'images': lists}), f'list-pages-{version}.parquet', data_page_version=version, data_page_size=100, write_batch_size=2, row_group_size=4)
with pa.OSFile('stream.arrow', 'wb') as file, pa.ipc.new_stream(file, pa.schema([('image', image)])) as stream:
    stream.write_table(pa.table({'image': images([0])}))
with pa.OSFile('file.arrow', 'wb') as file, pa.ipc.new_file(file, pa.schema([('image', image)])) as out:
    out.write_table(pa.table({'image': images([0])}))

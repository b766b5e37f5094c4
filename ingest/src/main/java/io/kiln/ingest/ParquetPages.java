package io.kiln.ingest;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.DataPageHeaderV2;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Util;
import org.apache.parquet.format.converter.ParquetMetadataConverter;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.jspecify.annotations.Nullable;

/**
 * The pages of one column of one row group, read one at a time as they are asked for. Parquet's own
 * reader takes a whole row group into memory, and writers make groups of any size.
 */
final class ParquetPages implements PageReader {
    private static final int HEADER_BUFFER_BYTES = 8192;

    /** A page, the one before it and what it is decompressed from may take half of the heap. */
    private static final long MOST_BYTES = Runtime.getRuntime().maxMemory() / 2;

    private final ColumnDescriptor column;
    private final ColumnChunkMetaData chunk;
    private final InputStream in;
    private final ParquetMetadataConverter converter = new ParquetMetadataConverter();
    private final Statistics<?> noStatistics;
    private @Nullable PageHeader next;
    private long values;

    /**
     * @param file of the table; other columns may be read in between
     */
    ParquetPages(SeekableByteChannel file, ColumnDescriptor column, ColumnChunkMetaData chunk) {
        this.column = column;
        this.chunk = chunk;
        this.noStatistics = Statistics.getBuilderForReading(column.getPrimitiveType()).build();
        this.in =
                new BufferedInputStream(
                        new ChunkInput(file, chunk.getStartingPos()), HEADER_BUFFER_BYTES);
    }

    @Override
    public long getTotalValueCount() {
        return chunk.getValueCount();
    }

    @Override
    public @Nullable DictionaryPage readDictionaryPage() {
        try {
            PageHeader header = header();
            if (header.getType() != PageType.DICTIONARY_PAGE) {
                return null;
            }
            next = null;
            return new DictionaryPage(
                    BytesInput.from(body(header, 0)),
                    header.getDictionary_page_header().getNum_values(),
                    encoding(header.getDictionary_page_header().getEncoding()));
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    @Override
    public @Nullable DataPage readPage() {
        try {
            while (values < chunk.getValueCount()) {
                PageHeader header = header();
                next = null;
                if (header.isSetData_page_header()
                        && header.getData_page_header().getNum_values() != 0) {
                    return count(page(header, header.getData_page_header()));
                }
                if (header.isSetData_page_header_v2()
                        && header.getData_page_header_v2().getNum_values() != 0) {
                    return count(page(header, header.getData_page_header_v2()));
                }
                // Writers leave pages without values, which Parquet's reader takes for broken.
                in.skipNBytes(header.getCompressed_page_size());
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private DataPage count(DataPage page) throws IOException {
        values += page.getValueCount();
        if (page.getValueCount() < 0 || values > chunk.getValueCount()) {
            throw new IOException(
                    "pages of column "
                            + column.getPath()[0]
                            + " hold more than the "
                            + chunk.getValueCount()
                            + " values that the footer states");
        }
        return page;
    }

    private PageHeader header() throws IOException {
        PageHeader header = next == null ? Util.readPageHeader(in) : next;
        next = header;
        return header;
    }

    private DataPage page(PageHeader header, DataPageHeader data) throws IOException {
        return new DataPageV1(
                BytesInput.from(body(header, 0)),
                data.getNum_values(),
                header.getUncompressed_page_size(),
                noStatistics,
                encoding(data.getRepetition_level_encoding()),
                encoding(data.getDefinition_level_encoding()),
                encoding(data.getEncoding()));
    }

    private DataPage page(PageHeader header, DataPageHeaderV2 data) throws IOException {
        int repetition = data.getRepetition_levels_byte_length();
        int definition = data.getDefinition_levels_byte_length();
        int levels = Math.addExact(repetition, definition);
        byte[] body = body(header, data.isIs_compressed() ? levels : Integer.MAX_VALUE);
        return DataPageV2.uncompressed(
                data.getNum_rows(),
                data.getNum_nulls(),
                data.getNum_values(),
                BytesInput.from(ByteBuffer.wrap(body, 0, repetition)),
                BytesInput.from(ByteBuffer.wrap(body, repetition, definition)),
                encoding(data.getEncoding()),
                BytesInput.from(ByteBuffer.wrap(body, levels, body.length - levels)),
                noStatistics);
    }

    /**
     * Reads what follows a header.
     *
     * @param plain bytes at its start that are never compressed
     */
    private byte[] body(PageHeader header, int plain) throws IOException {
        int stored = header.getCompressed_page_size();
        int length = header.getUncompressed_page_size();
        boolean compressed =
                chunk.getCodec() != CompressionCodecName.UNCOMPRESSED && plain <= stored;
        requireMemory(compressed ? stored : 0, compressed ? length : stored);
        byte[] head = exactly(compressed ? plain : stored);
        if (!compressed) {
            return head;
        }
        int rest = length - plain;
        byte[] tail =
                stored == plain && rest == 0
                        ? new byte[0]
                        : ParquetCodec.decompress(chunk.getCodec(), exactly(stored - plain), rest);
        if (plain == 0) {
            return tail;
        }
        return ByteBuffer.allocate(length).put(head).put(tail).array();
    }

    private static void requireMemory(long stored, long length) throws IOException {
        if (stored < 0 || length < 0) {
            throw new IOException("a page header states " + Math.min(stored, length) + " bytes");
        }
        if (stored + 2 * length > MOST_BYTES) {
            throw new IOException(
                    "a page of "
                            + length
                            + " bytes is too large for a heap of "
                            + Runtime.getRuntime().maxMemory()
                            + ". Give Java more (KILN_JAVA_OPTIONS=-Xmx4g), or write the table with"
                            + " fewer rows a page");
        }
    }

    private byte[] exactly(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the file ends in a page");
        }
        return bytes;
    }

    private org.apache.parquet.column.Encoding encoding(Encoding stored) {
        return converter.getEncoding(stored);
    }

    /** A file from a position on, whatever else moves the file's own position. */
    private static final class ChunkInput extends InputStream {
        private final SeekableByteChannel file;
        private long position;

        ChunkInput(SeekableByteChannel file, long position) {
            this.file = file;
            this.position = position;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int read = file.position(position).read(ByteBuffer.wrap(target, offset, length));
            position += Math.max(0, read);
            return read;
        }
    }
}

package io.kiln.ingest;

import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.io.ParquetDecodingException;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.schema.MessageType;

/**
 * Makes rows of what Parquet reads, and refuses one of too many list elements: a page of a few
 * hundred bytes can hold millions that are null, and each takes a hundred bytes of memory.
 */
final class BoundedRows extends GroupRecordConverter {
    private static final int MOST_GROUPS = 100_000;

    private final GroupConverter root;
    private int groups;

    /**
     * @param schema in which all that is repeated is a group, so that counting groups is enough
     */
    BoundedRows(MessageType schema) {
        super(schema);
        GroupConverter row = super.getRootConverter();
        this.root =
                new Counting(row) {
                    @Override
                    public void start() {
                        groups = 0;
                        super.start();
                    }
                };
    }

    @Override
    public GroupConverter getRootConverter() {
        return root;
    }

    private void count() {
        groups++;
        if (groups > MOST_GROUPS) {
            throw new ParquetDecodingException(
                    "a row holds more than "
                            + MOST_GROUPS
                            + " structs and elements of lists; write the table with fewer images a"
                            + " row");
        }
    }

    private class Counting extends GroupConverter {
        private final GroupConverter group;

        Counting(GroupConverter group) {
            this.group = group;
        }

        @Override
        public Converter getConverter(int field) {
            Converter converter = group.getConverter(field);
            return converter.isPrimitive() ? converter : new Counting(converter.asGroupConverter());
        }

        @Override
        public void start() {
            count();
            group.start();
        }

        @Override
        public void end() {
            group.end();
        }
    }
}

package io.kiln.examples.index;

import java.io.IOException;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.KnnVectorsReader;
import org.apache.lucene.codecs.KnnVectorsWriter;
import org.apache.lucene.codecs.lucene912.Lucene912Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.index.SegmentReadState;
import org.apache.lucene.index.SegmentWriteState;

/** Lucene's codec, for vectors of more than 1,024 values: a ResNet-50 gives 2,048. */
final class LargeVectorsCodec extends Lucene912Codec {
    private static final int MOST_VALUES = 8192;

    private final KnnVectorsFormat format = new LargeVectors(new Lucene99HnswVectorsFormat());

    @Override
    public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
        return format;
    }

    /** Has the name of Lucene's format, so that any Lucene reads what it writes. */
    private static final class LargeVectors extends KnnVectorsFormat {
        private final KnnVectorsFormat format;

        LargeVectors(KnnVectorsFormat format) {
            super(format.getName());
            this.format = format;
        }

        @Override
        public KnnVectorsWriter fieldsWriter(SegmentWriteState state) throws IOException {
            return format.fieldsWriter(state);
        }

        @Override
        public KnnVectorsReader fieldsReader(SegmentReadState state) throws IOException {
            return format.fieldsReader(state);
        }

        @Override
        public int getMaxDimensions(String field) {
            return MOST_VALUES;
        }
    }
}

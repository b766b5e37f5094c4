package io.kiln.ingest;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;

/** An open file, as Parquet's reader takes it. The file stays open. */
record ChannelInputFile(SeekableByteChannel file) implements InputFile {
    @Override
    public long getLength() throws IOException {
        return file.size();
    }

    @Override
    public SeekableInputStream newStream() {
        return new DelegatingSeekableInputStream(Channels.newInputStream(file)) {
            @Override
            public long getPos() throws IOException {
                return file.position();
            }

            @Override
            public void seek(long position) throws IOException {
                file.position(position);
            }

            @Override
            public void close() {
                // Its opener closes the file.
            }
        };
    }
}

/** The network of SparK: mask, encode, densify, decode, loss. */
@NullMarked
package io.kiln.model.network;

import org.jspecify.annotations.NullMarked;

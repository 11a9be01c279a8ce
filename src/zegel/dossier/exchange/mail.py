"""One message in CASE: the mail, its people, its places, its blocks and what opened them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain

from zegel.dossier.exchange.authority import (
    file_facet,
    place_facet,
    range_facet,
    relation,
)
from zegel.dossier.exchange.nodes import Names, Node, Reference, binary, hashed, held, instant, node
from zegel.dossier.material import Attachment, Block, Message, Place
from zegel.openpgp.names import cipher_name


class Mail:
    """Yields the nodes of messages; a person's address is given once, where it is first met."""

    def __init__(
        self,
        names: Names,
        *,
        tools: Collection[str],
        keys: Collection[str],
        clauses: Collection[str],
    ) -> None:
        """What has nodes already may be referred to: tools, keys by fingerprint, clauses."""
        self._names = names
        self._tools = [names.of("tool", one) for one in tools if one == "zegel"]
        self._keys = {one.lower() for one in keys}
        self._clauses = set(clauses)
        self._addresses: set[str] = set()
        self._places: set[str] = set()

    def nodes(self, message: Message) -> Iterator[Node]:
        """Yield everything about one message that is shown."""
        names = self._names
        name = names.of("message", message.message)
        for address in dict.fromkeys((*message.sender, *message.recipients)):
            if address.lower() not in self._addresses:
                self._addresses.add(address.lower())
                yield self._person(address)
        yield node(
            name,
            "observable:EmailMessage",
            core_name=f"message {message.number}",
            core_hasFacet=list(self._facets(message, name)),
        )
        for place in message.places:
            yield from self._place(place, name)
        for block in message.blocks:
            if block.kind != "plain":
                yield from self._block(block, name)
        for attachment in message.attachments:
            yield from self._attachment(attachment, name)

    def _address(self, address: str) -> Reference:
        return self._names.of("address", address.lower())

    def _person(self, address: str) -> Node:
        name = self._address(address)
        facet = node(
            self._names.of("address facet", address.lower()),
            "observable:EmailAddressFacet",
            observable_addressValue=address,
        )
        return node(name, "observable:EmailAddress", core_hasFacet=[facet])

    def _facets(self, message: Message, name: Reference) -> Iterator[Node]:
        names, iri = self._names, name["@id"]
        admitted = {clause for clause, _ in message.admitted} & self._clauses
        yield node(
            names.of("evidence", iri),
            "core:Facet",
            "zegel:EvidenceFacet",
            zegel_messageNumber=message.number,
            zegel_messageIdentity=binary(message.message),
            zegel_state=message.state,
            zegel_stateReason=message.reason,
            zegel_trustedTime=instant(message.clock_ns),
            zegel_trustedClock=message.clock,
            zegel_admittedBy=[names.of("clause", clause) for clause in sorted(admitted)],
            zegel_signatureVerdict=message.signature,
        )
        for withheld in message.withheld:
            yield node(
                names.of("withheld", iri, withheld.part),
                "core:Facet",
                "zegel:WithheldFacet",
                zegel_withheldPart=withheld.part,
                zegel_withheldReason=withheld.reason,
            )
        if not message.entirely_withheld:
            yield self._mail(message, iri)

    def _mail(self, message: Message, iri: str) -> Node:
        received = next((p.received_ns for p in message.places if p.received_ns is not None), None)
        inside = (one.date_ns for one in message.blocks)
        dates = chain(inside, (one.date_ns for one in message.places))
        senders = [self._address(one) for one in message.sender]
        return node(
            self._names.of("mail", iri),
            "observable:EmailMessageFacet",
            observable_messageID=message.message_id,
            observable_inReplyTo=message.references[-1] if message.references else None,
            observable_subject=message.subject,
            observable_body=message.text,
            # UCO has room for one author; all of them are in messages.jsonl.
            observable_from=senders[0] if senders else None,
            observable_to=[self._address(one) for one in dict.fromkeys(message.recipients)],
            observable_sentTime=instant(next((ns for ns in dates if ns is not None), None)),
            observable_receivedTime=instant(received),
        )

    def _place(self, place: Place, message: Reference) -> Iterator[Node]:
        names = self._names
        file = names.of("place", place.stored_id)
        if place.stored_id not in self._places:
            self._places.add(place.stored_id)
            yield node(
                file,
                "observable:File",
                core_externalReference=held(names, file, place.raw),
                core_hasFacet=[
                    file_facet(names, file, place.path),
                    place_facet(names, file, place.exhibit, place.path, place.format),
                    range_facet(names, file, place.offset, place.length),
                    self._content(file, place.sha256, place.length),
                ],
            )
        yield relation(names, message, file, "Contained_Within")

    def _content(
        self,
        of: Reference,
        sha256: str | None,
        size: int | None,
        *,
        mime: str | None = None,
        encrypted: bool | None = None,
    ) -> Node:
        """Return a digest and what is known of the bytes it is over."""
        return node(
            self._names.of("content", of["@id"]),
            "observable:ContentDataFacet",
            observable_hash=hashed(self._names, of, sha256),
            observable_sizeInBytes=size,
            observable_mimeType=mime,
            observable_isEncrypted=encrypted,
        )

    def _block(self, block: Block, message: Reference) -> Iterator[Node]:
        names = self._names
        cipher = names.of("ciphertext", message["@id"], block.content_id)
        plain = names.of("plaintext", message["@id"], block.content_id)
        method = cipher_name(block.cipher) if block.cipher is not None else None
        yield node(
            cipher,
            "observable:ObservableObject",
            core_name="ciphertext",
            core_externalReference=held(names, cipher, block.ciphertext),
            core_hasFacet=[
                self._content(cipher, block.content_id, None, encrypted=True),
                node(
                    names.of("encrypted", cipher["@id"]),
                    "observable:EncryptedStreamFacet",
                    observable_encryptionMethod=method,
                ),
                self._session(block, cipher),
            ],
        )
        yield relation(names, cipher, message, "Contained_Within")
        if block.plaintext_sha256 is None:
            return
        yield node(
            plain,
            "observable:ObservableObject",
            core_name="plaintext",
            core_externalReference=held(names, plain, block.plaintext),
            core_hasFacet=[self._content(plain, block.plaintext_sha256, block.plaintext_length)],
        )
        key = self._key(block)
        yield node(
            names.of("decryption", cipher["@id"]),
            "investigation:InvestigativeAction",
            core_name="decryption",
            action_instrument=self._tools,
            action_object=[cipher, *([key] if key is not None else [])],
            action_result=[plain],
        )

    def _session(self, block: Block, cipher: Reference) -> Node:
        algorithm = block.session_algorithm
        return node(
            self._names.of("session key", cipher["@id"]),
            "core:Facet",
            "zegel:SessionKeyFacet",
            zegel_sessionKey=binary(block.session_key),
            zegel_sessionKeyAlgorithm=cipher_name(algorithm) if algorithm is not None else None,
            zegel_sessionKeyFrom=self._key(block),
            zegel_passphraseSource=block.passphrase or None,
            zegel_state=block.state,
            zegel_stateReason=block.reason or None,
            zegel_integrity=block.integrity or None,
            zegel_secondOpinion=block.opinion or block.second_opinion or None,
        )

    def _key(self, block: Block) -> Reference | None:
        fingerprint = (block.key_fingerprint or "").lower()
        return self._names.of("key", fingerprint) if fingerprint in self._keys else None

    def _attachment(self, one: Attachment, message: Reference) -> Iterator[Node]:
        names = self._names
        file = names.of("attachment", message["@id"], one.number)
        yield node(
            file,
            "observable:File",
            core_externalReference=held(names, file, one.content),
            core_hasFacet=[
                node(
                    names.of("file", file["@id"]),
                    "observable:FileFacet",
                    observable_fileName=one.filename or None,
                    observable_sizeInBytes=one.size,
                ),
                self._content(file, one.sha256, one.size, mime=one.content_type or None),
            ],
        )
        yield relation(names, file, message, "Attachment_Of")
